interface ChoiceProps {
  readonly label: string;
  readonly value: string;
  readonly choices: readonly (readonly [string, string])[];
  /** Where there is nothing to choose; `describedBy` should say why. */
  readonly isDisabled?: boolean;
  /** The id of what explains it. */
  readonly describedBy?: string;
  readonly onChoose?: (value: string) => void;
}

/** One of several, with its label beside it. */
export function Choice({ label, value, choices, isDisabled = false, describedBy, onChoose }: ChoiceProps) {
  return (
    <label class="choice">
      <span>{label}</span>
      <select
        value={value}
        disabled={isDisabled}
        aria-describedby={describedBy}
        onChange={({ currentTarget }) => {
          onChoose?.(currentTarget.value);
        }}
      >
        {choices.map(([key, text]) => (
          <option key={key} value={key}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
