/** Who is enrolled: add persons or a whole unit, take somebody out. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { useEnrol, useEnrolments, useWithdraw } from "@/lms/courses";
import { useUnits } from "@/lms/organisation";
import type { CourseView } from "@/lms/types";
import { DataTable } from "@/ui/DataTable";
import { Failed, Fetched } from "@/ui/Fetched";
import { formatDay } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { ActionIcon, Button } from "@/ui/kit";
import { Panel } from "@/ui/Page";
import { EmptyState } from "@/ui/states";
import { UnitSelect } from "@/ui/UnitSelect";
import classes from "./EnrolmentTab.module.css";
import { PeopleSelect } from "./PersonSelect";

export function EnrolmentTab({ course }: { course: CourseView }) {
  const { t } = useLingui();
  return (
    <>
      <Panel title={t`Ghi danh thêm`}>
        <AddEnrolments courseId={course.id} />
      </Panel>
      <Panel title={t`Đã ghi danh`}>
        <Enrolled courseId={course.id} />
      </Panel>
    </>
  );
}

function AddEnrolments({ courseId }: { courseId: string }) {
  const { t } = useLingui();
  const enrol = useEnrol(courseId);
  const units = useUnits().data ?? [];
  const [unitId, setUnitId] = useState<string | null>(null);
  const [personIds, setPersonIds] = useState<string[]>([]);
  return (
    <>
      <div className={classes.ways}>
        <div className={classes.way}>
          <UnitSelect label={t`Cả đơn vị (gồm đơn vị trực thuộc)`} onChange={setUnitId} units={units} value={unitId} />
          <Button
            disabled={unitId === null}
            loading={enrol.isPending}
            onClick={() => enrol.mutate({ unit_id: unitId }, { onSuccess: () => setUnitId(null) })}
          >
            <Trans>Ghi danh cả đơn vị</Trans>
          </Button>
        </div>
        <div className={classes.way}>
          <PeopleSelect label={t`Từng người`} onChange={setPersonIds} value={personIds} />
          <Button
            disabled={personIds.length === 0}
            loading={enrol.isPending}
            onClick={() => enrol.mutate({ person_ids: personIds }, { onSuccess: () => setPersonIds([]) })}
          >
            <Trans>Ghi danh</Trans>
          </Button>
        </div>
      </div>
      <div aria-live="polite">
        {enrol.isError && <Failed error={enrol.error} />}
        {enrol.data && (
          <p className={classes.result}>
            <Plural one="Đã ghi danh thêm # người." other="Đã ghi danh thêm # người." value={enrol.data.added} />{" "}
            {enrol.data.already_enrolled > 0 && (
              <Plural one="# người đã có từ trước." other="# người đã có từ trước." value={enrol.data.already_enrolled} />
            )}
          </p>
        )}
      </div>
    </>
  );
}

function Enrolled({ courseId }: { courseId: string }) {
  const { t } = useLingui();
  const withdraw = useWithdraw(courseId);
  return (
    <Fetched query={useEnrolments(courseId)}>
      {(enrolments) =>
        enrolments.length === 0 ? (
          <EmptyState icon="people" title={t`Chưa có ai`} />
        ) : (
          <>
            {withdraw.isError && <Failed error={withdraw.error} />}
            <DataTable
              caption={t`Đã ghi danh`}
              columns={[
                { key: "name", title: t`Họ và tên`, isHeader: true, cell: ({ person }) => person.name },
                { key: "unit", title: t`Thuộc đơn vị`, cell: ({ person }) => person.unit_name },
                { key: "since", title: t`Từ ngày`, cell: ({ enrolled_at }) => formatDay(enrolled_at) },
                {
                  key: "act",
                  title: t`Bỏ ghi danh`,
                  width: "110px",
                  cell: ({ person }) => (
                    <ActionIcon
                      aria-label={t`Bỏ ghi danh ${person.name}`}
                      onClick={() => withdraw.mutate(person.id)}
                      size={36}
                      variant="subtle"
                    >
                      <Icon name="close" size={18} />
                    </ActionIcon>
                  ),
                },
              ]}
              rowKey={({ person }) => person.id}
              rows={enrolments}
            />
          </>
        )
      }
    </Fetched>
  );
}
