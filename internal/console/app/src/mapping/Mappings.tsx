import { NavLink, Outlet } from "react-router";
import { to } from "../app/paths";
import { useKnown } from "../dashboard/Dashboard";
import { Section } from "../dashboard/Section";
import { usePageTitle } from "../ui/Page";
import { Products } from "./Products";
import { Tenants } from "./Tenants";

/** The dashboard's tab: tenants, and products. */
export function Mappings() {
  const known = useKnown();
  return (
    <>
      <nav aria-label="Mappings">
        <ul className="tabs sub">
          <li>
            <NavLink to={to.dashboard("mappings")} end>
              Companies &amp; agreements
            </NavLink>
          </li>
          <li>
            <NavLink to={to.dashboard("mappings/products")}>Products</NavLink>
          </li>
        </ul>
      </nav>
      <Outlet context={known} />
    </>
  );
}

/** Tenants with their companies and agreements. */
export function TenantsTab() {
  usePageTitle("Mappings");
  return (
    <Section title="Companies & agreements">
      <Tenants known={useKnown()} />
    </Section>
  );
}

/** Products with their catalog items. */
export function ProductsTab() {
  usePageTitle("Products");
  return (
    <Section title="Products">
      <Products />
    </Section>
  );
}
