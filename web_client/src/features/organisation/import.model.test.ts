import { describe, expect, it } from "vitest";
import { csvLine, csvTemplate, errorsCsv } from "./import.model";

describe("csvLine", () => {
  it("quotes what would break the line", () => {
    expect(csvLine(["a,b", 'say "x"', 3])).toBe('"a,b","say ""x""",3');
  });

  it("never lets a cell become a formula", () => {
    expect(csvLine(["=1+1", "@x"])).toBe("'=1+1,'@x");
  });
});

describe("files to download", () => {
  it("start with the mark that makes spreadsheets read UTF-8", () => {
    expect(csvTemplate("units").startsWith("\uFEFFcode,name,parent,kind\r\n")).toBe(true);
  });

  it("list errors in the reader's language", () => {
    const error = { row: 3, column: "unit", code: "unknown_unit", message_vi: "Không có đơn vị", message_en: "No such unit" };
    expect(errorsCsv([error], "vi")).toContain("3,unit,unknown_unit,Không có đơn vị");
    expect(errorsCsv([error], "en")).toContain("No such unit");
  });
});
