export { ImportPage } from "./ImportPage";
export { PeoplePage } from "./PeoplePage";
export { UnitsPage } from "./UnitsPage";
