export type { JoinChoices } from "./joinChoices";
export { PrejoinPage } from "./PrejoinPage";
