import type { components } from "./schema";

type Schemas = components["schemas"];

export type Me = Schemas["Me"];
export type Connection = Schemas["Connection"];
export type ConnectionInput = Schemas["ConnectionInput"];
export type Check = Schemas["Check"];
export type Report = Schemas["Report"];
export type DataType = Schemas["DataType"];
export type Run = Schemas["Run"];
export type Counts = Schemas["Counts"];
export type Skip = Schemas["Skip"];
export type StoredRecord = Schemas["Record"];
export type LogEntry = Schemas["LogEntry"];
export type Warning = Schemas["Warning"];
export type Right = Schemas["Right"];
export type Loss = Schemas["Loss"];
export type RoleTable = Schemas["RoleTable"];
export type RoleRow = Schemas["RoleRow"];
export type RoleNeed = Schemas["RoleNeed"];
export type Former = Schemas["Former"];
export type Job = Schemas["Job"];
export type Filter = Schemas["Filter"];
export type FilterList = Schemas["FilterList"];
export type Discovery = Schemas["Discovery"];
export type Preview = Schemas["Preview"];
