import "@testing-library/jest-dom/vitest";
import { notifications } from "@mantine/notifications";
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

/** A busy machine is slow, which is not what these tests are about. */
configure({ asyncUtilTimeout: 20_000 });

afterEach(() => {
  cleanup();
  notifications.cleanQueue();
  notifications.clean();
  document.body.innerHTML = "";
});
