/** A page's heading and frame. On every change of route the heading takes the focus and the tab its title, so nobody is lost. */
import { type ReactNode, useEffect, useRef } from "react";
import classes from "./Page.module.css";

let hasShownAPage = false;

interface HeadingProps {
  title: string;
  lead?: ReactNode;
  actions?: ReactNode;
  eyebrow?: ReactNode;
}

export function PageTitle({ title, lead, actions, eyebrow }: HeadingProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Lophop`;
  }, [title]);
  useEffect(() => {
    // the first page of a visit is read from its top, skip link first, as any document is
    if (hasShownAPage) heading.current?.focus({ preventScroll: true });
    hasShownAPage = true;
    window.scrollTo?.(0, 0);
  }, []);
  return (
    <div className={classes.heading}>
      <div className={classes.words}>
        {eyebrow && <div className={classes.eyebrow}>{eyebrow}</div>}
        <h1 className={classes.title} ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead && <div className={classes.lead}>{lead}</div>}
      </div>
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}

export function Panel({ title, children, aside, id }: { title?: string; children: ReactNode; aside?: ReactNode; id?: string }) {
  return (
    <section aria-label={title} className={classes.panel} id={id}>
      {(title || aside) && (
        <div className={classes.panelHead}>
          {title && <h2 className={classes.panelTitle}>{title}</h2>}
          {aside}
        </div>
      )}
      {children}
    </section>
  );
}
