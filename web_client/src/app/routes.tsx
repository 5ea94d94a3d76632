/** Every address of the client. Pages are their own chunks; only the frame around them is loaded first. */
import { useLingui } from "@lingui/react/macro";
import { lazy, Suspense } from "react";
import { Navigate, Route, Routes, useLocation, useNavigate, useParams } from "react-router";
import { currentLocale, wantCatalogue } from "@/i18n/i18n";
import { asApiError } from "@/lms/errors";
import { useMe } from "@/lms/me";
import { PageTitle } from "@/ui/Page";
import { EmptyState, ErrorState, Loading } from "@/ui/states";
import { LanguageSwitch } from "./LanguageSwitch";
import { Shell } from "./Shell";

const LoginPage = lazy(() => import("@/features/entry").then((door) => ({ default: door.LoginPage })));
const SetupPage = lazy(() => import("@/features/entry").then((door) => ({ default: door.SetupPage })));
const TodayPage = lazy(() => import("@/features/today").then((door) => ({ default: door.TodayPage })));
const LiveRoute = lazy(() => wantCatalogue("live").then(() => import("./LiveRoute")));
const ReplayPage = lazy(() =>
  wantCatalogue("live")
    .then(() => import("@/features/replay"))
    .then((door) => ({ default: door.ReplayPage })),
);

export function AppRoutes() {
  return (
    <Suspense fallback={<Loading />}>
      <Routes>
        <Route element={<SetupRoute />} path="/setup" />
        <Route element={<Protected />} path="*" />
      </Routes>
    </Suspense>
  );
}

function SetupRoute() {
  const navigate = useNavigate();
  return <SetupPage corner={<LanguageSwitch />} onDone={() => navigate("/", { replace: true })} />;
}

function Protected() {
  const me = useMe();
  const { pathname } = useLocation();
  if (me.isPending) return <Loading />;
  if (me.isError) {
    const error = asApiError(me.error);
    return <ErrorState code={error.code} message={error.in(currentLocale())} onRetry={() => me.refetch()} />;
  }
  if (me.data === null) return <LoginPage corner={<LanguageSwitch />} />;
  if (/^\/sessions\/[^/]+\/room$/.test(pathname)) {
    return (
      <Routes>
        <Route element={<LiveRoute />} path="/sessions/:id/room" />
      </Routes>
    );
  }
  return (
    <Shell me={me.data}>
      <Suspense fallback={<Loading />}>
        <Routes>
          <Route element={<TodayPage />} path="/" />
          <Route element={<Navigate replace to="/" />} path="/login" />
          <Route element={<ReplayRoute />} path="/sessions/:id/replay" />
          <Route element={<NotFound />} path="*" />
        </Routes>
      </Suspense>
    </Shell>
  );
}

function ReplayRoute() {
  const { id = "" } = useParams();
  return <ReplayPage key={id} sessionId={id} />;
}

function NotFound() {
  const { t } = useLingui();
  return (
    <>
      <PageTitle title={t`Không có trang này`} />
      <EmptyState icon="search" title={t`Địa chỉ không đúng hoặc trang đã được chuyển đi.`} />
    </>
  );
}
