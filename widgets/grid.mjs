// The arithmetic of the tables: where a key takes the focus, which steps fold. No page in here.

// The cell a key leads to, null when the key does not move.
export function moved(key, cell, rows, columns, whole) {
  const row = cell.row;
  const column = cell.column;
  const at = (r, c) => ({
    row: Math.max(0, Math.min(rows - 1, r)),
    column: Math.max(0, Math.min(columns - 1, c)),
  });
  switch (key) {
    case "ArrowUp": return at(row - 1, column);
    case "ArrowDown": return at(row + 1, column);
    case "ArrowLeft": return at(row, column - 1);
    case "ArrowRight": return at(row, column + 1);
    case "Home": return at(whole ? 0 : row, 0);
    case "End": return at(whole ? rows - 1 : row, columns - 1);
    case "PageUp": return at(0, column);
    case "PageDown": return at(rows - 1, column);
    default: return null;
  }
}

// The steps to draw: columns, and runs of steps that tell nobody apart as one fold.
export function foldSteps(columns, all) {
  if (all) return columns.map((column, place) => ({ column, place }));
  const drawn = [];
  columns.forEach((column, place) => {
    const last = drawn[drawn.length - 1];
    if (!column.folds) drawn.push({ column, place });
    else if (last && last.fold) last.fold.push(column);
    else drawn.push({ fold: [column] });
  });
  return drawn;
}

// Whether a key begins to type over a cell, as in a spreadsheet.
export function types(event) {
  return event.key.length === 1 && event.key !== " " &&
    !event.ctrlKey && !event.metaKey && !event.altKey;
}

export function plural(count, one, many) {
  return `${count} ${count === 1 ? one : many}`;
}
