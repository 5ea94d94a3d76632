/** Courses: the list, one course with its rule, who is enrolled, who is done. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, GUARD } from "./client";
import type { components } from "./generated/schema";
import { listInterval } from "./polling.model";
import type { CourseChange, NewCourse } from "./types";

const course = (id: string) => ["course", id] as const;
const enrolments = (id: string) => ["enrolments", id] as const;

export function useToday() {
  return useQuery({
    queryKey: ["today"],
    queryFn: () => answer(api.GET("/today")),
    refetchInterval: ({ state }) => listInterval(state.data?.sessions),
  });
}

export function useCourses() {
  return useQuery({ queryKey: ["courses"], queryFn: () => answer(api.GET("/courses")), select: (list) => list.items });
}

export function useCourse(id: string) {
  return useQuery({
    queryKey: course(id),
    queryFn: () => answer(api.GET("/courses/{course_id}", { params: { path: { course_id: id } } })),
  });
}

export function useCreateCourse() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewCourse) => answer(api.POST("/courses", { params: { header: GUARD }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["courses"] }),
  });
}

export function useChangeCourse(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: CourseChange) =>
      answer(api.PATCH("/courses/{course_id}", { params: { header: GUARD, path: { course_id: id } }, body })),
    onSuccess: (changed) => {
      client.setQueryData(course(id), changed);
      return client.invalidateQueries({ queryKey: ["courses"] });
    },
  });
}

/** A new version of the completion rule; the old ones stay on record. */
export function useChangeRule(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (coverage_percent: number) =>
      answer(
        api.POST("/courses/{course_id}/rule", {
          params: { header: GUARD, path: { course_id: id } },
          body: { coverage_percent },
        }),
      ),
    onSuccess: (changed) => {
      client.setQueryData(course(id), changed);
      return client.invalidateQueries({ queryKey: ["completion", id] });
    },
  });
}

export function useMyCompletion(id: string, isWanted: boolean) {
  return useQuery({
    queryKey: ["completion", id, "me"],
    queryFn: () => answer(api.GET("/courses/{course_id}/completion/me", { params: { path: { course_id: id } } })),
    enabled: isWanted,
  });
}

export function useCompletion(id: string) {
  return useQuery({
    queryKey: ["completion", id, "all"],
    queryFn: () => answer(api.GET("/courses/{course_id}/completion", { params: { path: { course_id: id } } })),
  });
}

export function useEnrolments(id: string) {
  return useQuery({
    queryKey: enrolments(id),
    queryFn: () => answer(api.GET("/courses/{course_id}/enrolments", { params: { path: { course_id: id } } })),
    select: (list) => list.items,
  });
}

export function useEnrol(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["NewEnrolments"]) =>
      answer(api.POST("/courses/{course_id}/enrolments", { params: { header: GUARD, path: { course_id: id } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: enrolments(id) }),
  });
}

export function useWithdraw(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (personId: string) =>
      answer(
        api.DELETE("/courses/{course_id}/enrolments/{person_id}", {
          params: { header: GUARD, path: { course_id: id, person_id: personId } },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: enrolments(id) }),
  });
}
