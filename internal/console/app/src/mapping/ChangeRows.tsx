import { Button } from "@mantine/core";
import { useState } from "react";
import type { MappingChange, MappingChangeRow } from "../api/types";
import { ordered, resultWords } from "./change";
import { postsTo } from "./target";

/** How many rows are shown until more are asked for. */
const atFirst = 20;

/** What is proposed for each tenant, or what became of it. */
export function ChangeRows({ change }: { change: MappingChange }) {
  const [all, setAll] = useState(false);
  const rows = ordered(change);
  if (rows.length === 0) return null;
  return (
    <div>
      <table className="data">
        <thead>
          <tr>
            <th scope="col">Tenant</th>
            <th scope="col">Company</th>
            <th scope="col">Agreement</th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        <tbody>
          {(all ? rows : rows.slice(0, atFirst)).map((row) => (
            <Row key={row.tenant} row={row} />
          ))}
        </tbody>
      </table>
      {!all && rows.length > atFirst && (
        <Button variant="default" mt="md" onClick={() => setAll(true)}>
          Show all {rows.length}
        </Button>
      )}
    </div>
  );
}

function Row({ row }: { row: MappingChangeRow }) {
  const { company } = row.target;
  const mapped = company.id !== 0;
  return (
    <tr>
      <th scope="row">{row.name}</th>
      <td data-label="Company">{mapped && (company.name || `Id ${company.id}`)}</td>
      <td data-label="Agreement">{mapped && agreementWords(row)}</td>
      <td data-label="Result">{resultWords(row) || (mapped ? "To be mapped" : "To be taken away")}</td>
    </tr>
  );
}

function agreementWords({ target }: MappingChangeRow): string {
  return postsTo(target) ? target.agreement.name || `Id ${target.agreement.id}` : "None yet: tickets only";
}
