export function CourseListPage() {
  return null;
}
