import { Stack, Switch, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useServices } from "../api/context";
import { AgreementPicker } from "./AgreementPicker";
import { Overrides } from "./Overrides";
import { agreementsQuery, companySearch } from "./queries";
import { RefPicker } from "./RefPicker";
import { proposed, type Wish } from "./target";

interface Props {
  wish: Wish;
  onChange: (wish: Wish) => void;
  /** Whether what is missing is said. */
  asked: boolean;
  /** Whether the Sync switch is part of it. */
  withSwitch?: boolean;
  /** Whether products can be chosen as well. */
  withProducts?: boolean;
}

/** The wish with the agreement that goes without saying, where there is one. */
export function useProposed(wish: Wish): Wish {
  const { api } = useServices();
  const list = useQuery(agreementsQuery(api, wish.company?.id ?? 0));
  if (!wish.company || wish.agreement !== undefined || !list.data) return wish;
  return { ...wish, agreement: proposed(list.data, wish.company.id) };
}

/** Chooses a company, one of its agreements, and what goes with them. */
export function TargetForm({ wish, onChange, asked, withSwitch, withProducts }: Props) {
  const { api } = useServices();
  const { company, agreement } = wish;
  return (
    <Stack gap="md">
      <div className="pickers">
        <RefPicker
          label="Company"
          placeholder="Type a part of its name"
          search={companySearch(api)}
          value={company}
          onChange={(chosen) => onChange({ ...wish, company: chosen, agreement: undefined })}
          error={asked && !company ? "Choose a company" : undefined}
          autoFocus
        />
        {company && (
          <AgreementPicker
            key={company.id}
            company={company}
            value={agreement}
            onChange={(chosen) => onChange({ ...wish, agreement: chosen })}
            error={asked && agreement === undefined ? "Choose an agreement, or none" : undefined}
          />
        )}
      </div>
      {agreement === null && (
        <Text size="sm" c="dimmed">
          Without an agreement no usage is posted; incidents become tickets of the company.
        </Text>
      )}
      {withSwitch && agreement && (
        <Switch
          label="Sync: post usage to this agreement"
          checked={wish.enabled}
          onChange={(event) => onChange({ ...wish, enabled: event.currentTarget.checked })}
        />
      )}
      {withProducts && agreement && (
        <Overrides chosen={wish.products} onChange={(products) => onChange({ ...wish, products })} />
      )}
    </Stack>
  );
}
