/** Chooses people by typing part of a name; the server searches. */
import { useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { usePeople } from "@/lms/organisation";
import type { PersonLink } from "@/lms/types";
import { MultiSelect, Select, useDebouncedValue } from "@/ui/kit";

const OFFERED = 20;

function useOffer(known: Pick<PersonLink, "id" | "name" | "login">[]) {
  const [typed, setTyped] = useState("");
  const [settled] = useDebouncedValue(typed, 200);
  const exact = known.some((person) => labelOf(person) === settled);
  const found = usePeople({ query: exact ? "" : settled, page_size: OFFERED }).data?.items ?? [];
  const labels = new Map([...known, ...found].map((person) => [person.id, labelOf(person)]));
  return { typed, setTyped, data: [...labels].map(([value, label]) => ({ value, label })), found };
}

function labelOf({ name, login }: { name: string; login: string }): string {
  return `${name} (${login})`;
}

/** The server has searched already, without marks: what it sends is all shown. */
const showAll = <Item,>({ options }: { options: Item[] }) => options;

interface OneProps {
  label: string;
  known?: PersonLink;
  value: string | null;
  onChange: (id: string | null) => void;
  error?: React.ReactNode;
}

export function PersonSelect({ label, known, value, onChange, error }: OneProps) {
  const { t } = useLingui();
  const offer = useOffer(known ? [known] : []);
  return (
    <Select
      allowDeselect={false}
      data={offer.data}
      error={error}
      filter={showAll}
      label={label}
      nothingFoundMessage={t`Không thấy ai`}
      onChange={onChange}
      onSearchChange={offer.setTyped}
      placeholder={t`Gõ tên để tìm`}
      searchable
      searchValue={offer.typed}
      value={value}
    />
  );
}

interface ManyProps {
  label: string;
  value: string[];
  onChange: (ids: string[]) => void;
}

export function PeopleSelect({ label, value, onChange }: ManyProps) {
  const { t } = useLingui();
  const [chosen, setChosen] = useState<Pick<PersonLink, "id" | "name" | "login">[]>([]);
  const offer = useOffer(chosen);
  const change = (ids: string[]) => {
    const all = new Map([...offer.found, ...chosen].map((person) => [person.id, person]));
    setChosen(ids.flatMap((id) => all.get(id) ?? []));
    onChange(ids);
  };
  return (
    <MultiSelect
      data={offer.data}
      filter={showAll}
      label={label}
      nothingFoundMessage={t`Không thấy ai`}
      onChange={change}
      onSearchChange={offer.setTyped}
      placeholder={value.length === 0 ? t`Gõ tên để tìm` : undefined}
      searchable
      searchValue={offer.typed}
      value={value}
    />
  );
}
