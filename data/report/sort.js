// Sorts a table by the column whose heading is pressed: numbers by value, dashes last, texts by
// letter. Without this script the table stands as it was written.
"use strict";

function sortKey(row, column) {
  const text = row.cells[column].textContent.trim();
  const number = /^[+-]?[0-9.]+/.exec(text);
  return row.cells[column].classList.contains("number")
    ? (number ? Number(number[0]) : NaN)
    : text;
}

function compareKeys(a, b) {
  if (typeof a === "string") return a.localeCompare(b, "en", { numeric: true });
  return a - b;
}

// What has no value stands last either way.
function compareRows(a, b, column, sign) {
  const x = sortKey(a, column), y = sortKey(b, column);
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
  return sign * compareKeys(x, y);
}

// Numbers begin with the largest, texts with the first letter.
function nextOrder(heading) {
  const now = heading.getAttribute("aria-sort");
  if (now) return now === "ascending" ? "descending" : "ascending";
  return heading.classList.contains("number") ? "descending" : "ascending";
}

function sortBy(table, heading) {
  const order = nextOrder(heading);
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => compareRows(a, b, heading.cellIndex, sign));
  table.tBodies[0].append(...rows);
}

function makeSortable(table) {
  for (const heading of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sortBy(table, heading));
    heading.append(button);
  }
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelectorAll("table.sortable").forEach(makeSortable);
});
