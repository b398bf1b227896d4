import type { Step } from "./steps";

/** Where in the wizard one is. */
export function StepList({ steps, at }: { steps: Step[]; at: Step }) {
  const position = steps.indexOf(at);
  if (steps.length < 2) return null;
  return (
    <nav aria-label="Steps of the setup">
      <ol className="steps">
        {steps.map((step, i) => (
          <li
            key={step.key}
            aria-current={step === at ? "step" : undefined}
            data-state={i < position ? "done" : undefined}
          >
            {i + 1}. {step.label}
            {i < position && <span className="visually-hidden"> (done)</span>}
          </li>
        ))}
      </ol>
    </nav>
  );
}
