/** The administration: its own places beside the page on a desk, above it on a phone. */
import { useLingui } from "@lingui/react/macro";
import { Suspense } from "react";
import { NavLink, Outlet } from "react-router";
import type { Me } from "@/lms/types";
import { Icon } from "@/ui/Icon";
import { Loading } from "@/ui/states";
import classes from "./AdminLayout.module.css";
import { adminPlaces } from "./access.model";

export function AdminLayout({ me }: { me: Me }) {
  const { t } = useLingui();
  const names = {
    courses: t`Khoá học`,
    live: t`Đang diễn ra`,
    units: t`Đơn vị`,
    people: t`Người dùng`,
    import: t`Nhập từ CSV`,
  };
  return (
    <div className={classes.layout}>
      <nav aria-label={t`Quản trị`} className={classes.places}>
        {adminPlaces(me).map(({ path, icon }) => (
          <NavLink className={classes.place} key={path} to={`/admin/${path}`}>
            <Icon name={icon} />
            {names[path]}
          </NavLink>
        ))}
      </nav>
      <div className={classes.page}>
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </div>
    </div>
  );
}
