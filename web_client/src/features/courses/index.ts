export { CourseEditorPage } from "./CourseEditorPage";
export { CourseListPage } from "./CourseListPage";
export { CoursePage } from "./CoursePage";
