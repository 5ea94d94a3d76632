/** Which small picture stands for a second: the newest one not after it, else the first. */
interface Thumbnail {
  readonly at_s: number;
  readonly file: string;
}

export function thumbnailAt(files: readonly Thumbnail[], second: number): string | null {
  const before = files.filter((one) => one.at_s <= second);
  const nearest = before.reduce<Thumbnail | undefined>((best, one) => (best && best.at_s >= one.at_s ? best : one), undefined);
  return (nearest ?? files[0])?.file ?? null;
}
