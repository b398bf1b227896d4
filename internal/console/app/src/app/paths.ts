/** Addresses of pages, in one place. */
export const to = {
  integrations: "/integrations",
  setup: (step?: string) => `/integrations/connectwise/setup${step ? `/${step}` : ""}`,
  dashboard: (tab = "overview") => `/integrations/connectwise/${tab}`,
  run: (id: string) => `/integrations/connectwise/data-sync/runs/${id}`,
  record: (type: string, id: number) => `/integrations/connectwise/records/${type}/${id}`,
};
