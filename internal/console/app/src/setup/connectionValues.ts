/** What a person enters. */
export interface Values {
  serverUrl: string;
  companyId: string;
  publicKey: string;
  privateKey: string;
}

const required: Values = {
  serverUrl: "Enter the address at which you open ConnectWise.",
  companyId: "Enter the company ID that you type at the ConnectWise login.",
  publicKey: "Enter the public key.",
  privateKey: "Enter the private key.",
};

/** What is missing. Keys may be left out if they are stored, but only both. */
export function missing(values: Values, stored: boolean): Partial<Values> {
  const errors: Partial<Values> = {};
  const keysKept = stored && !values.publicKey.trim() && !values.privateKey.trim();
  for (const name of ["serverUrl", "companyId", "publicKey", "privateKey"] as const) {
    const isKey = name === "publicKey" || name === "privateKey";
    if (!values[name].trim() && !(isKey && keysKept)) errors[name] = required[name];
  }
  return errors;
}
