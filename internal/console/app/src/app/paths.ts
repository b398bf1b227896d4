/** Addresses of pages, in one place. */
export const to = {
  integrations: "/integrations",
  setup: (step?: string) => `/integrations/connectwise/setup${step ? `/${step}` : ""}`,
  dashboard: (tab = "overview") => `/integrations/connectwise/${tab}`,
  run: (id: string) => `/integrations/connectwise/data-sync/runs/${id}`,
  lineHistory: (agreement: number, product: number) =>
    `/integrations/connectwise/usage/history?agreement=${agreement}&product=${product}`,
  trend: (tenant: string) => `/integrations/connectwise/usage/trends?tenant=${encodeURIComponent(tenant)}`,
  record: (type: string, id: number) => `/integrations/connectwise/records/${type}/${id}`,
};
