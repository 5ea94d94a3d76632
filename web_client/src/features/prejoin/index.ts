export type { JoinChoices } from "@/livekit/devices";
export { PrejoinPage, type PrejoinPageProps } from "./PrejoinPage";
