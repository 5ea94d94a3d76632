/** Every address of the client. Pages are their own chunks; only the frame around them is loaded first. */
import { useLingui } from "@lingui/react/macro";
import { lazy, type ReactNode, Suspense } from "react";
import { Navigate, Route, Routes, useLocation, useNavigate, useParams } from "react-router";
import { currentLocale, wantCatalogue } from "@/i18n/i18n";
import { asApiError } from "@/lms/errors";
import { useMe } from "@/lms/me";
import { PageTitle } from "@/ui/Page";
import { EmptyState, ErrorState, Loading } from "@/ui/states";
import { AdminLayout } from "./AdminLayout";
import { mayAdminister } from "./access.model";
import { LanguageSwitch } from "./LanguageSwitch";
import { Shell } from "./Shell";
import { useAccountLocale } from "./useAccountLocale";

const LoginPage = lazy(() => import("@/features/entry").then((door) => ({ default: door.LoginPage })));
const SetupPage = lazy(() => import("@/features/entry").then((door) => ({ default: door.SetupPage })));
const TodayPage = lazy(() => import("@/features/today").then((door) => ({ default: door.TodayPage })));
const CoursePage = lazy(() => import("@/features/courses").then((door) => ({ default: door.CoursePage })));
const CourseListPage = lazy(() => import("@/features/courses").then((door) => ({ default: door.CourseListPage })));
const CourseEditorPage = lazy(() => import("@/features/courses").then((door) => ({ default: door.CourseEditorPage })));
const SessionPage = lazy(() => import("@/features/sessions").then((door) => ({ default: door.SessionPage })));
const AttendancePage = lazy(() => import("@/features/attendance").then((door) => ({ default: door.AttendancePage })));
const LibraryPage = lazy(() => import("@/features/library").then((door) => ({ default: door.LibraryPage })));
const LiveRoomsPage = lazy(() => import("@/features/live").then((door) => ({ default: door.LiveRoomsPage })));
const UnitsPage = lazy(() => import("@/features/organisation").then((door) => ({ default: door.UnitsPage })));
const PeoplePage = lazy(() => import("@/features/organisation").then((door) => ({ default: door.PeoplePage })));
const ImportPage = lazy(() => import("@/features/organisation").then((door) => ({ default: door.ImportPage })));
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
  useAccountLocale(me.data?.locale);
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
          <Route element={<TodayPage mayAdminister={mayAdminister(me.data)} name={me.data.name} />} path="/" />
          <Route element={<Navigate replace to="/" />} path="/login" />
          <Route element={<Navigate replace to="/" />} path="/setup" />
          <Route element={<LibraryPage />} path="/library" />
          <Route element={<WithId page={(id) => <CoursePage courseId={id} key={id} />} />} path="/courses/:id" />
          <Route element={<WithId page={(id) => <SessionPage key={id} sessionId={id} />} />} path="/sessions/:id" />
          <Route element={<WithId page={(id) => <AttendancePage key={id} sessionId={id} />} />} path="/sessions/:id/attendance" />
          <Route element={<WithId page={(id) => <ReplayPage key={id} sessionId={id} />} />} path="/sessions/:id/replay" />
          <Route element={<AdminLayout me={me.data} />} path="/admin">
            <Route element={<Navigate replace to="/admin/courses" />} index />
            <Route element={<CourseListPage />} path="courses" />
            <Route element={<WithId page={(id) => <CourseEditorPage courseId={id} key={id} />} />} path="courses/:id" />
            <Route element={<LiveRoomsPage />} path="live" />
            <Route element={<UnitsPage />} path="units" />
            <Route element={<PeoplePage />} path="people" />
            <Route element={<ImportPage />} path="import" />
          </Route>
          <Route element={<NotFound />} path="*" />
        </Routes>
      </Suspense>
    </Shell>
  );
}

function WithId({ page }: { page: (id: string) => ReactNode }) {
  const { id = "" } = useParams();
  return page(id);
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
