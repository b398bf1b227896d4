import { Button } from "@mantine/core";
import type { ReactNode } from "react";

/** The foot of a step: back on the left, what leads on on the right. */
export function StepActions({ back, children }: { back?: () => void; children: ReactNode }) {
  return (
    <div className="actions spread">
      <div>
        {back && (
          <Button variant="default" onClick={back}>
            Back
          </Button>
        )}
      </div>
      <div className="actions">{children}</div>
    </div>
  );
}
