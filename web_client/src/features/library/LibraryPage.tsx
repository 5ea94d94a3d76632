/** Recorded sessions one may watch, found by title, course or speaker. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";
import { Link } from "react-router";
import { useLibrary } from "@/lms/live";
import type { LibraryItem } from "@/lms/types";
import { Fetched } from "@/ui/Fetched";
import { formatClock, formatDay } from "@/ui/format";
import { Icon } from "@/ui/Icon";
import { TextInput, useDebouncedValue } from "@/ui/kit";
import { PageTitle } from "@/ui/Page";
import { EmptyState } from "@/ui/states";
import classes from "./LibraryPage.module.css";

export function LibraryPage() {
  const { t } = useLingui();
  const [query, setQuery] = useState("");
  const [settled] = useDebouncedValue(query, 250);
  return (
    <>
      <PageTitle lead={<Trans>Các buổi đã ghi hình mà bạn được xem.</Trans>} title={t`Thư viện`} />
      <TextInput
        label={t`Tìm theo tên buổi, khoá học hoặc người chủ trì`}
        leftSection={<Icon name="search" size={18} />}
        maw={520}
        mb="lg"
        onChange={(event) => setQuery(event.currentTarget.value)}
        type="search"
        value={query}
      />
      <Fetched query={useLibrary(settled)}>
        {(items) =>
          items.length === 0 ? (
            <EmptyState icon="play" title={settled ? t`Không có bản ghi nào khớp` : t`Chưa có bản ghi nào`} />
          ) : (
            <ul className={classes.items}>
              {items.map((item) => (
                <Item item={item} key={item.id} />
              ))}
            </ul>
          )
        }
      </Fetched>
    </>
  );
}

function Item({ item }: { item: LibraryItem }) {
  return (
    <li className={classes.item}>
      <div className={classes.picture}>
        {item.thumbnail_url ? <img alt="" loading="lazy" src={item.thumbnail_url} /> : <Icon name="play" size={34} />}
        <span className={classes.length}>{formatClock(item.duration_s)}</span>
      </div>
      <h2 className={classes.title}>
        <Link className={classes.link} to={`/sessions/${item.session_id}/replay`}>
          {item.title}
        </Link>
      </h2>
      <p className={classes.facts}>
        {!item.title.includes(item.course.name) && (
          <>
            {item.course.name}
            <br />
          </>
        )}
        {item.host_name} · {formatDay(item.held_at)}
      </p>
    </li>
  );
}
