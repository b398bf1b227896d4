import { createBrowserRouter, Navigate } from "react-router";
import { SignedOut } from "../auth/SignedOut";
import { Billing } from "../billing/Billing";
import { ChecksTab } from "../billing/ChecksTab";
import { HistoryTab } from "../billing/HistoryTab";
import { LinesTab } from "../billing/LinesTab";
import { MonthTab } from "../billing/MonthTab";
import { PostTab } from "../billing/PostTab";
import { SettingsTab } from "../billing/SetUp";
import { TrendsTab } from "../billing/TrendsTab";
import { Configuration } from "../dashboard/Configuration";
import { Dashboard } from "../dashboard/Dashboard";
import { DataSync } from "../dashboard/DataSync";
import { Overview } from "../dashboard/Overview";
import { RecordPage } from "../dashboard/RecordPage";
import { Records } from "../dashboard/Records";
import { RunPage } from "../dashboard/RunPage";
import { SyncFilters } from "../dashboard/SyncFilters";
import { SyncLogs } from "../dashboard/SyncLogs";
import { Integrations } from "../integrations/Integrations";
import { Mappings, ProductsTab, TenantsTab } from "../mapping/Mappings";
import { Setup } from "../setup/Setup";
import { NotFound } from "./NotFound";
import { PageCrashed } from "./PageCrashed";
import { Shell } from "./Shell";

/** The console's pages. */
export function createRouter() {
  return createBrowserRouter([
    { path: "/signed-out", element: <SignedOut /> },
    {
      element: <Shell />,
      errorElement: <PageCrashed />,
      children: [
        {
          errorElement: <PageCrashed />,
          children: [
            { index: true, element: <Navigate to="/integrations" replace /> },
            { path: "integrations", element: <Integrations /> },
            { path: "integrations/connectwise/setup/:step?", element: <Setup /> },
            {
              path: "integrations/connectwise",
              element: <Dashboard />,
              children: [
                { index: true, element: <Navigate to="overview" replace /> },
                { path: "overview", element: <Overview /> },
                { path: "configuration", element: <Configuration /> },
                { path: "data-sync", element: <DataSync /> },
                { path: "filters", element: <SyncFilters /> },
                { path: "records/:type?", element: <Records /> },
                {
                  path: "mappings",
                  element: <Mappings />,
                  children: [
                    { index: true, element: <TenantsTab /> },
                    { path: "products", element: <ProductsTab /> },
                  ],
                },
                {
                  path: "usage",
                  element: <Billing />,
                  children: [
                    { index: true, element: <PostTab /> },
                    { path: "lines", element: <LinesTab /> },
                    { path: "history", element: <HistoryTab /> },
                    { path: "month", element: <MonthTab /> },
                    { path: "trends", element: <TrendsTab /> },
                    { path: "checks", element: <ChecksTab /> },
                    { path: "settings", element: <SettingsTab /> },
                  ],
                },
                { path: "logs", element: <SyncLogs /> },
              ],
            },
            { path: "integrations/connectwise/data-sync/runs/:id", element: <RunPage /> },
            { path: "integrations/connectwise/records/:type/:id", element: <RecordPage /> },
            { path: "*", element: <NotFound /> },
          ],
        },
      ],
    },
  ]);
}
