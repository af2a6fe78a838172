import type { Explanation, VerifyStep } from '../../workers/assignment/rules.ts';
import { type ChosenFile, drawsAmong } from './chosen.ts';
import { byId } from './elements.ts';
import type { Answer, Outcome, Request } from './messages.ts';
import { showExplanation, showFixed, showHash, showOutcome } from './show.ts';
import { type Language, texts } from './texts.ts';

/** All that is shown: after every change all of it is shown again, so that the language can change at any time. */
interface State {
  readonly language: Language;
  readonly files: readonly ChosenFile[];
  readonly draws: readonly string[];
  readonly progress?: { readonly step: VerifyStep; readonly share: number } | undefined;
  readonly trouble?: 'noDraw' | { readonly message: string } | undefined;
  readonly outcome?: Outcome | undefined;
  readonly explanation?: Explanation | undefined;
}

let state: State = { language: navigator.language.startsWith('id') ? 'id' : 'en', files: [], draws: [] };
let worker: Worker | undefined;

function change(part: Partial<State>): void {
  state = { ...state, ...part };
  show();
}

function speak(language: Language): void {
  showFixed(language, texts[language].fixed);
  change({ language });
}

function show(): void {
  const text = texts[state.language];
  const { draws, progress, trouble, outcome } = state;
  byId('which', HTMLParagraphElement).hidden = draws.length < 2;
  byId('work', HTMLElement).hidden = progress === undefined;
  byId('progress', HTMLProgressElement).value = progress?.share ?? 0;
  byId('outcome', HTMLElement).hidden = outcome === undefined;
  byId('person', HTMLElement).hidden = outcome?.ok !== true || !outcome.drawn;
  // Unchanged text is left alone: a screen reader would read it again.
  const status = progress ? text.steps[progress.step] : troubleText();
  const place = byId('status', HTMLParagraphElement);
  if (place.textContent !== status) place.textContent = status;
  if (outcome) showOutcome(text, outcome);
  compareHash();
  showExplanation(text, state.explanation);

  function troubleText(): string {
    if (trouble === undefined) return '';
    return trouble === 'noDraw' ? text.noDraw : text.failed(trouble.message);
  }
}

/** On its own at every key: showing the answer about a person again would have a screen reader say it again. */
function compareHash(): void {
  const { language, outcome } = state;
  if (outcome) showHash(texts[language], outcome, byId('published', HTMLInputElement).value);
}

/** Takes what was chosen; starts at once where there is one draw only. */
function take(files: readonly ChosenFile[]): void {
  const draws = drawsAmong(files);
  stop();
  const options = draws.map((draw) => new Option(draw || '.', draw));
  byId('draws', HTMLSelectElement).replaceChildren(...options);
  change({ files, draws, outcome: undefined, explanation: undefined, progress: undefined, trouble: undefined });
  const [only] = draws;
  if (only === undefined) change({ trouble: 'noDraw' });
  else if (draws.length === 1) verify(only);
}

function stop(): void {
  worker?.terminate();
  worker = undefined;
}

/** Verifies in a worker of its own, so that the page never waits; the one before and its draw are given up. */
function verify(directory: string): void {
  stop();
  const code = byId('worker', HTMLScriptElement).textContent ?? '';
  const address = URL.createObjectURL(new Blob([code], { type: 'text/javascript' }));
  const started = new Worker(address);
  worker = started;
  started.addEventListener('message', ({ data }: MessageEvent<Answer>) => receive(data));
  started.addEventListener('error', ({ message }) => receive({ kind: 'failed', message }));
  ask({ kind: 'verify', files: state.files, directory });
  change({
    outcome: undefined,
    explanation: undefined,
    trouble: undefined,
    progress: { step: 'commitment', share: 0 },
  });
}

function ask(request: Request): void {
  worker?.postMessage(request);
}

function receive(answer: Answer): void {
  if (answer.kind === 'progress') change({ progress: { step: answer.step, share: answer.share } });
  if (answer.kind === 'explained') change({ explanation: answer.explanation });
  if (answer.kind === 'failed') change({ progress: undefined, trouble: { message: answer.message } });
  if (answer.kind === 'verified') {
    change({ progress: undefined, outcome: answer.outcome });
    byId('verdict', HTMLParagraphElement).focus();
  }
}

function chosen(files: FileList | null | undefined): readonly ChosenFile[] {
  return [...(files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
}

for (const id of ['files', 'directory']) {
  const input = byId(id, HTMLInputElement);
  input.addEventListener('change', () => take(chosen(input.files)));
  // Else choosing the same files again, changed meanwhile, would be no change.
  input.addEventListener('click', () => {
    input.value = '';
  });
}
byId('start', HTMLButtonElement).addEventListener('click', () => verify(byId('draws', HTMLSelectElement).value));
byId('published', HTMLInputElement).addEventListener('input', compareHash);
byId('ask', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  ask({ kind: 'explain', registrationId: byId('registration', HTMLInputElement).value.trim() });
});
for (const button of document.querySelectorAll<HTMLElement>('[data-language]')) {
  button.addEventListener('click', () => speak(button.dataset.language === 'id' ? 'id' : 'en'));
}

const choice = byId('choice', HTMLElement);
// Dropped beside the frame, a file would replace the page.
for (const kind of ['dragover', 'drop']) addEventListener(kind, (event) => event.preventDefault());
addEventListener('dragover', () => choice.classList.add('over'));
for (const kind of ['dragleave', 'drop']) addEventListener(kind, () => choice.classList.remove('over'));
// Files only: a page opened from a disk may not look into a dropped directory (Chromium 150 has an EncodingError).
addEventListener('drop', ({ dataTransfer }) => take(chosen(dataTransfer?.files)));
speak(state.language);
