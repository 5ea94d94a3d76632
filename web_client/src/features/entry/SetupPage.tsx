/** The one-time link of a new installation: makes the first administrator. The token stays in the fragment, which no server logs. */
import { Trans, useLingui } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";
import { Link } from "react-router";
import { currentLocale } from "@/i18n/i18n";
import { asApiError } from "@/lms/errors";
import { useSetup } from "@/lms/me";
import { Anchor, Button, PasswordInput, Stack, TextInput, useForm } from "@/ui/kit";
import { PageTitle } from "@/ui/Page";
import { EmptyState, ErrorState } from "@/ui/states";
import { EntryFrame } from "./EntryFrame";

const SHORTEST_PASSWORD = 8;

export function SetupPage({ corner, onDone }: { corner: ReactNode; onDone: () => void }) {
  const { t } = useLingui();
  const [token] = useState(() => decodeURIComponent(window.location.hash.slice(1)));
  return (
    <EntryFrame corner={corner}>
      <PageTitle lead={<Trans>Tạo tài khoản quản trị đầu tiên của hệ thống.</Trans>} title={t`Thiết lập lần đầu`} />
      {token ? (
        <SetupForm onDone={onDone} token={token} />
      ) : (
        <EmptyState icon="key" title={t`Đường dẫn thiếu mã thiết lập`}>
          <Trans>Hãy mở đúng đường dẫn một lần mà máy chủ in ra khi khởi động lần đầu.</Trans>
        </EmptyState>
      )}
      <Anchor component={Link} display="block" mt="lg" to="/">
        <Trans>Đã thiết lập xong? Đăng nhập</Trans>
      </Anchor>
    </EntryFrame>
  );
}

function SetupForm({ token, onDone }: { token: string; onDone: () => void }) {
  const { t } = useLingui();
  const setup = useSetup();
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { unit_name: "", name: "", login: "", password: "", again: "" },
    validate: {
      unit_name: (value) => (value.trim() ? null : t`Hãy nhập tên cơ quan.`),
      name: (value) => (value.trim() ? null : t`Hãy nhập họ và tên.`),
      login: (value) => (value.trim() ? null : t`Hãy nhập tên đăng nhập.`),
      password: (value) => (value.length >= SHORTEST_PASSWORD ? null : t`Mật khẩu cần ít nhất ${SHORTEST_PASSWORD} ký tự.`),
      again: (value, values) => (value === values.password ? null : t`Hai mật khẩu không giống nhau.`),
    },
  });
  const submit = form.onSubmit(({ unit_name, name, login, password }) =>
    setup.mutate({ token, unit_name: unit_name.trim(), name: name.trim(), login: login.trim(), password }, { onSuccess: onDone }),
  );
  const eye = { "aria-label": t`Hiện mật khẩu`, tabIndex: 0 };
  return (
    <form noValidate onSubmit={submit}>
      <Stack>
        {setup.isError && <ErrorState message={asApiError(setup.error).in(currentLocale())} />}
        <TextInput
          description={t`Đứng đầu cây đơn vị, ví dụ Sở Giáo dục và Đào tạo`}
          key={form.key("unit_name")}
          label={t`Tên cơ quan`}
          {...form.getInputProps("unit_name")}
        />
        <TextInput autoComplete="name" key={form.key("name")} label={t`Họ và tên`} {...form.getInputProps("name")} />
        <TextInput autoComplete="username" key={form.key("login")} label={t`Tên đăng nhập`} {...form.getInputProps("login")} />
        <PasswordInput
          autoComplete="new-password"
          key={form.key("password")}
          label={t`Mật khẩu`}
          visibilityToggleButtonProps={eye}
          {...form.getInputProps("password")}
        />
        <PasswordInput
          autoComplete="new-password"
          key={form.key("again")}
          label={t`Nhập lại mật khẩu`}
          visibilityToggleButtonProps={eye}
          {...form.getInputProps("again")}
        />
        <Button fullWidth loading={setup.isPending} size="md" type="submit">
          <Trans>Tạo tài khoản và vào hệ thống</Trans>
        </Button>
      </Stack>
    </form>
  );
}
