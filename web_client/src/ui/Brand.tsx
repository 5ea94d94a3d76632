/** The mark and the name. */
export function Brand({ size = 30, isOnDark = false }: { size?: number; isOnDark?: boolean }) {
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: 10, color: isOnDark ? "#fff" : "var(--ink)" }}>
      <svg aria-hidden="true" height={size} viewBox="0 0 32 32" width={size}>
        <rect fill={isOnDark ? "#ffffff22" : "#0b4f57"} height="32" rx="8" width="32" />
        <path d="M9 8v16h6" fill="none" stroke="#fff" strokeLinecap="round" strokeLinejoin="round" strokeWidth="3.4" />
        <circle cx="21" cy="13" fill="none" r="4.6" stroke="#f2b84b" strokeWidth="3.2" />
      </svg>
      <span style={{ fontSize: size * 0.68, fontWeight: 700, letterSpacing: "-0.02em" }}>Lophop</span>
    </span>
  );
}
