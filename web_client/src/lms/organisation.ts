/** Units, people and their import from CSV. */
import { keepPreviousData, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, GUARD } from "./client";
import type { NewPerson, NewUnit, PersonChange, UnitChange } from "./types";

const UNITS = ["units"] as const;
const PEOPLE = ["people"] as const;

export type ImportKind = "units" | "people";

export function useUnits() {
  return useQuery({ queryKey: UNITS, queryFn: () => answer(api.GET("/units")), select: (list) => list.items });
}

export function useCreateUnit() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewUnit) => answer(api.POST("/units", { params: { header: GUARD }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: UNITS }),
  });
}

export function useChangeUnit() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: UnitChange & { id: string }) =>
      answer(api.PATCH("/units/{unit_id}", { params: { header: GUARD, path: { unit_id: id } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: UNITS }),
  });
}

export function useRemoveUnit() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/units/{unit_id}", { params: { header: GUARD, path: { unit_id: id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: UNITS }),
  });
}

export function usePeople(wish: { query?: string; unit_id?: string; page?: number; page_size?: number }) {
  return useQuery({
    queryKey: [...PEOPLE, wish],
    queryFn: () => answer(api.GET("/people", { params: { query: wish } })),
    placeholderData: keepPreviousData,
  });
}

export function useCreatePerson() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewPerson) => answer(api.POST("/people", { params: { header: GUARD }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: PEOPLE }),
  });
}

export function useChangePerson() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: PersonChange & { id: string }) =>
      answer(api.PATCH("/people/{person_id}", { params: { header: GUARD, path: { person_id: id } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: PEOPLE }),
  });
}

interface CsvImport {
  kind: ImportKind;
  csv: string;
  isDryRun: boolean;
}

export function useImport() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ kind, csv, isDryRun }: CsvImport) =>
      answer(
        api.POST("/imports", {
          params: { header: GUARD, query: { kind, dry_run: isDryRun ? "1" : "0" } },
          headers: { "Content-Type": "text/csv; charset=utf-8" },
          body: csv,
          bodySerializer: (text) => text,
        }),
      ),
    onSuccess: (_, { isDryRun }) =>
      isDryRun ? undefined : Promise.all([UNITS, PEOPLE].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
}
