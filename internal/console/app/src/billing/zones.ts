/** The time zones that the browser knows, by their IANA names. */
export function allZones(): string[] {
  const zones = Intl.supportedValuesOf("timeZone");
  return zones.includes("UTC") ? zones : [...zones, "UTC"];
}

/** What ConnectWise's servers call their zones (as Windows does), for the places where they stand or partners are. */
const ofWindows: Record<string, string> = {
  "Eastern Standard Time": "America/New_York",
  "US Eastern Standard Time": "America/Indianapolis",
  "Central Standard Time": "America/Chicago",
  "Mountain Standard Time": "America/Denver",
  "US Mountain Standard Time": "America/Phoenix",
  "Pacific Standard Time": "America/Los_Angeles",
  "Alaskan Standard Time": "America/Anchorage",
  "Hawaiian Standard Time": "Pacific/Honolulu",
  "Atlantic Standard Time": "America/Halifax",
  "Canada Central Standard Time": "America/Regina",
  "E. South America Standard Time": "America/Sao_Paulo",
  "GMT Standard Time": "Europe/London",
  "W. Europe Standard Time": "Europe/Berlin",
  "Romance Standard Time": "Europe/Paris",
  "Central Europe Standard Time": "Europe/Budapest",
  "Central European Standard Time": "Europe/Warsaw",
  "E. Europe Standard Time": "Europe/Bucharest",
  "FLE Standard Time": "Europe/Helsinki",
  "South Africa Standard Time": "Africa/Johannesburg",
  "Israel Standard Time": "Asia/Jerusalem",
  "Arabian Standard Time": "Asia/Dubai",
  "India Standard Time": "Asia/Calcutta",
  "Singapore Standard Time": "Asia/Singapore",
  "Tokyo Standard Time": "Asia/Tokyo",
  "W. Australia Standard Time": "Australia/Perth",
  "Cen. Australia Standard Time": "Australia/Adelaide",
  "E. Australia Standard Time": "Australia/Brisbane",
  "AUS Eastern Standard Time": "Australia/Sydney",
  "Tasmania Standard Time": "Australia/Hobart",
  "New Zealand Standard Time": "Pacific/Auckland",
};

/** A zone to begin with: ConnectWise's, if its words are known, else the browser's. */
export function proposeZone(
  connectWise: string | undefined,
  known = allZones(),
  here = Intl.DateTimeFormat().resolvedOptions().timeZone,
): { zone: string; says: string } {
  const theirs = connectWise && (known.includes(connectWise) ? connectWise : ofWindows[connectWise]);
  if (theirs) return { zone: theirs, says: `Proposed because ConnectWise's server says “${connectWise}”.` };
  const zone = known.includes(here) ? here : "UTC";
  const from = "Proposed from this browser";
  if (!connectWise) return { zone, says: `${from}: ConnectWise does not say which zone its server is in.` };
  return { zone, says: `${from}: ConnectWise's server says “${connectWise}”, which is no zone known here.` };
}
