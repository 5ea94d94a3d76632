/** A text to be taken elsewhere: shown whole or cut, copied whole. */
import { Trans } from "@lingui/react/macro";
import { useRef, useState } from "react";
import { Button, Group, TextInput } from "./kit";

interface Props {
  label: string;
  value: string;
}

export function CopyField({ label, value }: Props) {
  const [isCopied, setCopied] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const copy = async () => {
    field.current?.select();
    // a page that came unencrypted from elsewhere may not write there; what is selected can still be copied by hand
    await navigator.clipboard?.writeText(value);
    setCopied(window.isSecureContext);
  };
  return (
    <Group align="end" wrap="nowrap">
      <TextInput flex={1} label={label} onFocus={(event) => event.currentTarget.select()} readOnly ref={field} value={value} />
      <Button aria-live="polite" onClick={copy} variant="default">
        {isCopied ? <Trans>Đã sao chép</Trans> : <Trans>Sao chép</Trans>}
      </Button>
    </Group>
  );
}
