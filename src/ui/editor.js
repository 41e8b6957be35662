// The editor, which is fetched when somebody writes. In a shadow root: its styles then need no exception of the page's policy.

import { javascript } from "@codemirror/lang-javascript";
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { basicSetup } from "codemirror";

const theme = EditorView.theme({
  "&": { color: "var(--ink)", backgroundColor: "var(--page)", fontSize: "13.5px", minHeight: "20rem", maxHeight: "34rem" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", minHeight: "20rem" },
  ".cm-content": { caretColor: "var(--ink)" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  ".cm-gutters": { backgroundColor: "var(--sheet)", color: "var(--soft)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--sheet) 70%, transparent)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "color-mix(in srgb, var(--blue) 30%, transparent) !important" },
  "&.cm-focused": { outline: "3px solid var(--rust)", outlineOffset: "-3px" },
  ".cm-tooltip": { backgroundColor: "var(--sheet)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-diagnostic": { fontFamily: "var(--mono)" },
  ".cm-panels": { backgroundColor: "var(--sheet)", color: "var(--ink)" },
});

// The page's own colours, which are for a light ground and a dark one.
const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword], color: "var(--rust)" },
  { tag: [tags.string, tags.regexp, tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null, tags.escape], color: "var(--warn)" },
  { tag: [tags.comment], color: "var(--soft)", fontStyle: "italic" },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.className, tags.typeName], color: "var(--blue)" },
]);

/** An editor in this element: `{ text, setText, mark, focus }`. `run` and `changed` are called with what was pressed and written. */
export function editor(parent, text, { run, changed, label }) {
  const root = parent.shadowRoot ?? parent.attachShadow({ mode: "open", delegatesFocus: true });
  root.replaceChildren();
  const keys = keymap.of([{ key: "Mod-Enter", run: () => (run(), true) }]);
  const told = EditorView.updateListener.of(({ docChanged }) => docChanged && changed());
  const extensions = [keys, basicSetup, javascript(), lintGutter(), syntaxHighlighting(colours), theme, told, EditorView.lineWrapping, EditorView.contentAttributes.of({ "aria-label": label })];
  const view = new EditorView({ parent: root, root, state: EditorState.create({ doc: text, extensions }) });
  return {
    text: () => view.state.doc.toString(),
    setText: (insert) => view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert } }),
    /** Marks places, `{ line, column, message }`, in the text and beside it. */
    mark(places) {
      const { doc } = view.state;
      const diagnostics = places.filter(({ line }) => line >= 1 && line <= doc.lines).map(({ line, column, message }) => {
        const { from, to } = doc.line(line);
        const at = Math.min(to, from + Math.max(0, column - 1));
        return { from: at, to: Math.min(to, at + 1), severity: "error", message };
      });
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    focus: () => view.focus(),
  };
}
