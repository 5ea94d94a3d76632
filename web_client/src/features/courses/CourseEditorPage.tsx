export function CourseEditorPage({ courseId }: { courseId: string }) {
  return <>{courseId}</>;
}
