import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./app/theme.css";
import "./app/app.css";
import "./mapping/mapping.css";
import { createRoot } from "react-dom/client";
import { createApi } from "./api/client";
import { App } from "./app/App";
import { loadConfig } from "./app/config";
import { Look } from "./app/Look";
import { StartFailed } from "./app/StartFailed";
import { Session } from "./auth/session";

const root = createRoot(document.getElementById("root") as HTMLElement);

async function start(): Promise<void> {
  const config = await loadConfig();
  const session = new Session(config);
  const beginning = await session.begin(window.location.pathname, window.location.search);
  if (beginning === "leaving") return;
  window.history.replaceState(null, "", beginning.show);
  root.render(<App services={{ config, session, api: createApi(session) }} />);
}

start().catch((error: unknown) => {
  root.render(
    <Look>
      <StartFailed error={error} />
    </Look>,
  );
});
