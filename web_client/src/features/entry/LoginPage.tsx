/** Log in with the name and password the unit gave. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";
import { currentLocale } from "@/i18n/i18n";
import { asApiError } from "@/lms/errors";
import { useLogin } from "@/lms/me";
import { Button, PasswordInput, Stack, TextInput, useForm } from "@/ui/kit";
import { PageTitle } from "@/ui/Page";
import { ErrorState } from "@/ui/states";
import { EntryFrame } from "./EntryFrame";

export function LoginPage({ corner }: { corner: ReactNode }) {
  const { t } = useLingui();
  const login = useLogin();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { login: "", password: "" },
    validate: {
      login: (value) => (value.trim() ? null : t`Hãy nhập tên đăng nhập.`),
      password: (value) => (value ? null : t`Hãy nhập mật khẩu.`),
    },
  });
  return (
    <EntryFrame corner={corner}>
      <PageTitle lead={<Trans>Dùng tài khoản do đơn vị của bạn cấp.</Trans>} title={t`Đăng nhập`} />
      <form noValidate onSubmit={form.onSubmit((values) => login.mutate({ ...values, login: values.login.trim() }))}>
        <Stack>
          {login.isError && <ErrorState message={asApiError(login.error).in(currentLocale())} />}
          <TextInput
            autoComplete="username"
            key={form.key("login")}
            label={t`Tên đăng nhập`}
            size="md"
            {...form.getInputProps("login")}
          />
          <PasswordInput
            autoComplete="current-password"
            key={form.key("password")}
            label={t`Mật khẩu`}
            size="md"
            visibilityToggleButtonProps={{ "aria-label": t`Hiện mật khẩu`, tabIndex: 0 }}
            {...form.getInputProps("password")}
          />
          <Button fullWidth loading={login.isPending} size="md" type="submit">
            <Trans>Đăng nhập</Trans>
          </Button>
        </Stack>
      </form>
    </EntryFrame>
  );
}
