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
