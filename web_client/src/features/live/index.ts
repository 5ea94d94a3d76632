export { LiveRoomsPage } from "./LiveRoomsPage";
