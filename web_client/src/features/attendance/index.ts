export { AttendancePage } from "./AttendancePage";
