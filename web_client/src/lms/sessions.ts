/** Sessions: what the schedule holds, joining, ending, and the replay with what was proven of it. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, downloadUrl, GUARD } from "./client";
import { listInterval, sessionInterval } from "./polling.model";
import type { EvidenceAnswer, NewSession, ReplayReport, SessionChange, SessionView, Ticket } from "./types";

const session = (id: string) => ["session", id] as const;
const coverage = (id: string) => ["coverage", id] as const;

export function useSession(id: string) {
  return useQuery({
    queryKey: session(id),
    queryFn: () => answer(api.GET("/sessions/{session_id}", { params: { path: { session_id: id } } })),
    refetchInterval: ({ state }) => sessionInterval(state.data),
  });
}

export function useCourseSessions(courseId: string) {
  return useQuery({
    queryKey: ["sessions", courseId],
    queryFn: () => answer(api.GET("/courses/{course_id}/sessions", { params: { path: { course_id: courseId } } })),
    select: (list) => list.items,
    refetchInterval: ({ state }) => listInterval(state.data?.items),
  });
}

export function useScheduleSession(courseId: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewSession) =>
      answer(api.POST("/courses/{course_id}/sessions", { params: { header: GUARD, path: { course_id: courseId } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["sessions", courseId] }),
  });
}

export function useChangeSession(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: SessionChange) =>
      answer(api.PATCH("/sessions/{session_id}", { params: { header: GUARD, path: { session_id: id } }, body })),
    onSuccess: (changed) => {
      client.setQueryData(session(id), changed);
      return client.invalidateQueries({ queryKey: ["sessions", changed.course.id] });
    },
  });
}

/** A ticket into the live room; the room counts as entered only when the media node says so. */
export function joinSession(id: string): Promise<Ticket> {
  return answer(api.POST("/sessions/{session_id}/join", { params: { header: GUARD, path: { session_id: id } } }));
}

/** Address and token for OBS; each answer is a new token. */
export function useBroadcast(id: string) {
  return useMutation({
    mutationFn: () =>
      answer(api.POST("/sessions/{session_id}/broadcast", { params: { header: GUARD, path: { session_id: id } } })),
  });
}

export function endSession(id: string): Promise<SessionView> {
  return answer(api.POST("/sessions/{session_id}/end", { params: { header: GUARD, path: { session_id: id } } }));
}

export function useEndSession(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => endSession(id),
    onSuccess: (ended) => client.setQueryData(session(id), ended),
  });
}

/** What was proven of the caller's attendance; `isLive` keeps asking. */
export function useCoverage(id: string, isLive = false) {
  return useQuery({
    queryKey: coverage(id),
    queryFn: () => answer(api.GET("/sessions/{session_id}/coverage/me", { params: { path: { session_id: id } } })),
    refetchInterval: isLive ? 5_000 : false,
  });
}

/** The archive's manifest as it stands; asked again while it still grows. */
export function useReplay(id: string) {
  return useQuery({
    queryKey: ["replay", id],
    queryFn: () => answer(api.GET("/sessions/{session_id}/replay", { params: { path: { session_id: id } } })),
    refetchInterval: ({ state }) => (state.data && ["live", "preparing"].includes(state.data.state) ? 2_000 : false),
  });
}

/** Reports of played stretches; the server says which it believes. `isLast` lets the request outlive the page. */
export function sendEvidence(id: string, reports: ReplayReport[], isLast = false): Promise<EvidenceAnswer> {
  return answer(
    api.POST("/sessions/{session_id}/evidence", {
      params: { header: GUARD, path: { session_id: id } },
      body: { reports },
      keepalive: isLast,
    }),
  );
}

/** Makes pages show a coverage that came back with accepted evidence. */
export function useCoverageUpdate(id: string) {
  const client = useQueryClient();
  return (answered: EvidenceAnswer) => client.setQueryData(coverage(id), answered.coverage);
}

export function attendanceCsvUrl(id: string): string {
  return downloadUrl(`/sessions/${encodeURIComponent(id)}/attendance.csv`);
}

export function useAttendance(id: string) {
  return useQuery({
    queryKey: ["attendance", id],
    queryFn: () => answer(api.GET("/sessions/{session_id}/attendance", { params: { path: { session_id: id } } })),
    refetchInterval: 5_000,
  });
}
