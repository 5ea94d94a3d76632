/** Rooms that are live now, and what has become of those that were. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { answer, api } from "./client";

export function useLiveRooms() {
  return useQuery({
    queryKey: ["live"],
    queryFn: () => answer(api.GET("/live")),
    select: (list) => list.items,
    refetchInterval: 5_000,
  });
}

export function useLibrary(query: string) {
  return useQuery({
    queryKey: ["library", query],
    queryFn: () => answer(api.GET("/library", { params: { query: { query } } })),
    select: (list) => list.items,
    placeholderData: keepPreviousData,
  });
}
