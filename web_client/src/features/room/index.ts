export { RoomPage } from "./RoomPage";
