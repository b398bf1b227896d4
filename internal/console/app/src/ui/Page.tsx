import { Text, Title } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { Link, useLocation } from "react-router";
import { useServices } from "../api/context";
import { Icon } from "./icons";

/** The browser's title: what the page is, then the product. */
export function usePageTitle(title: string): void {
  const { config } = useServices();
  useEffect(() => {
    document.title = `${title} · ${config.product}`;
  }, [title, config.product]);
}

/** A heading that takes the focus when the address changes, so that screen readers say where they are. */
export function useFocusOn<T extends HTMLElement>(key: string) {
  const ref = useRef<T>(null);
  const seen = useRef(key);
  useEffect(() => {
    if (seen.current === key) return;
    seen.current = key;
    ref.current?.focus();
  }, [key]);
  return ref;
}

interface PageProps {
  title: string;
  about?: ReactNode;
  back?: { to: string; label: string };
  actions?: ReactNode;
  children: ReactNode;
}

/** A page: title, a line about it, its actions, its content. */
export function Page({ title, about, back, actions, children }: PageProps) {
  usePageTitle(title);
  const heading = useRef<HTMLHeadingElement>(null);
  const arrived = useRef(useLocation().key !== "default"); // the first address is the browser's to announce
  useEffect(() => {
    if (arrived.current) heading.current?.focus();
  }, []);
  return (
    <>
      {back && (
        <Link to={back.to} className="breadcrumb">
          <Icon name="arrowLeft" size={16} />
          {back.label}
        </Link>
      )}
      <div className="title-row">
        <div>
          <Title order={1} size="h2" ref={heading} tabIndex={-1}>
            {title}
          </Title>
          {about && <Text c="dimmed">{about}</Text>}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </div>
      {children}
    </>
  );
}
