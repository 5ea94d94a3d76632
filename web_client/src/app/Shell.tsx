/** The frame of every page behind login: skip link, brand, main places, language, account. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { Link, NavLink } from "react-router";
import { useLogout } from "@/lms/me";
import type { Me } from "@/lms/types";
import { Brand } from "@/ui/Brand";
import { Icon } from "@/ui/Icon";
import { Button, Menu } from "@/ui/kit";
import { mayAdminister } from "./access.model";
import { LanguageSwitch } from "./LanguageSwitch";
import classes from "./Shell.module.css";

export function Shell({ me, children }: { me: Me; children: ReactNode }) {
  const { t } = useLingui();
  return (
    <div className={classes.shell}>
      <a className={classes.skip} href="#content">
        <Trans>Tới nội dung chính</Trans>
      </a>
      <header className={classes.header}>
        <div className={classes.bar}>
          <Link aria-label={t`Lophop, trang hôm nay`} className={classes.brand} to="/">
            <Brand />
          </Link>
          <nav aria-label={t`Chính`} className={classes.nav}>
            <NavLink className={classes.place} end to="/">
              <Icon name="home" />
              <Trans>Hôm nay</Trans>
            </NavLink>
            <NavLink className={classes.place} to="/library">
              <Icon name="play" />
              <Trans>Thư viện</Trans>
            </NavLink>
            {mayAdminister(me) && (
              <NavLink className={classes.place} to="/admin">
                <Icon name="settings" />
                <Trans>Quản trị</Trans>
              </NavLink>
            )}
          </nav>
          <div className={classes.end}>
            <LanguageSwitch />
            <AccountMenu me={me} />
          </div>
        </div>
      </header>
      <main className={classes.main} id="content" tabIndex={-1}>
        {children}
      </main>
    </div>
  );
}

function AccountMenu({ me }: { me: Me }) {
  const { t } = useLingui();
  const logout = useLogout();
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Button aria-label={t`Tài khoản: ${me.name}`} className={classes.account} variant="default">
          <Icon name="person" />
          <span className={classes.accountName}>{me.name}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.name} · {me.login}
          {me.unit && <div>{me.unit.name}</div>}
        </Menu.Label>
        <Menu.Item leftSection={<Icon name="leave" size={18} />} onClick={() => logout.mutate()}>
          <Trans>Đăng xuất</Trans>
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
