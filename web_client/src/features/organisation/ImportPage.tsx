/** Import of units or people from CSV: first a trial that writes nothing and names every broken row, then the real thing. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useRef, useState } from "react";
import { type ImportKind, useImport } from "@/lms/organisation";
import { Failed } from "@/ui/Fetched";
import { Icon } from "@/ui/Icon";
import { Button, FileInput, Group, SegmentedControl, Stack } from "@/ui/kit";
import { PageTitle, Panel } from "@/ui/Page";
import { ErrorState } from "@/ui/states";
import classes from "./ImportPage.module.css";
import { ImportReportView } from "./ImportReportView";
import { CSV_COLUMNS, csvTemplate } from "./import.model";

export function ImportPage() {
  const { t } = useLingui();
  return (
    <>
      <PageTitle
        lead={<Trans>Nhập lại cùng một tệp không làm thay đổi gì. Có lỗi ở bất kỳ dòng nào thì không dòng nào được ghi.</Trans>}
        title={t`Nhập từ CSV`}
      />
      <ImportForm />
    </>
  );
}

function ImportForm() {
  const { t } = useLingui();
  const [kind, setKind] = useState<ImportKind>("people");
  const [file, setFile] = useState<File | null>(null);
  const [isStale, setStale] = useState(false);
  const forget = useRef<() => void>(null);
  const run = useImport();
  const choose = (chosen: File | null) => {
    run.reset();
    setStale(false);
    setFile(chosen);
    // so that the same file, mended, can be chosen again
    forget.current?.();
  };
  const start = async (isDryRun: boolean) => {
    if (file === null) return;
    try {
      run.mutate({ kind, csv: await file.text(), isDryRun });
    } catch {
      run.reset();
      setStale(true);
    }
  };
  const mayWrite = run.data?.is_dry_run === true && run.data.errors.length === 0;
  return (
    <>
      <Panel>
        <Stack>
          <SegmentedControl
            aria-label={t`Loại dữ liệu`}
            data={[
              { value: "people", label: t`Người dùng` },
              { value: "units", label: t`Đơn vị` },
            ]}
            onChange={(value) => {
              setKind(value as ImportKind);
              choose(null);
            }}
            value={kind}
          />
          <Columns kind={kind} />
          <FileInput
            accept=".csv,text/csv"
            clearable
            clearButtonProps={{ "aria-label": t`Bỏ tệp đã chọn` }}
            label={t`Tệp CSV (UTF-8)`}
            leftSection={<Icon name="upload" size={18} />}
            onChange={choose}
            placeholder={t`Chọn tệp…`}
            resetRef={forget}
            value={file}
          />
          <Group>
            <Button
              disabled={file === null}
              loading={run.isPending}
              onClick={() => start(true)}
              variant={mayWrite ? "default" : "filled"}
            >
              <Trans>Kiểm tra thử</Trans>
            </Button>
            <Button disabled={!mayWrite} loading={run.isPending} onClick={() => start(false)}>
              <Trans>Nhập thật</Trans>
            </Button>
          </Group>
        </Stack>
      </Panel>
      <div aria-live="polite">
        {isStale && <ErrorState message={t`Tệp đã thay đổi sau khi chọn. Hãy chọn lại tệp.`} />}
        {run.isError && <Failed error={run.error} />}
        {run.data && <ImportReportView report={run.data} />}
      </div>
    </>
  );
}

function Columns({ kind }: { kind: ImportKind }) {
  const template = `data:text/csv;charset=utf-8,${encodeURIComponent(csvTemplate(kind))}`;
  return (
    <p className={classes.columns}>
      <Trans>Các cột, dòng đầu là tên cột:</Trans>{" "}
      {CSV_COLUMNS[kind].map((column) => (
        <code className={classes.column} key={column}>
          {column}
        </code>
      ))}
      <a className={classes.template} download={`${kind}.csv`} href={template}>
        <Icon name="download" size={16} />
        <Trans>Tải tệp mẫu</Trans>
      </a>
    </p>
  );
}
