import type { FunctionComponent } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { backend, generation, type Loss, lost, restart } from "./client.ts";
import { Button } from "./components/button.tsx";
import { MoonIcon, SunIcon } from "./components/icons.tsx";
import { Notice, WhatItSaid } from "./components/notice.tsx";
import { WithoutGpu } from "./components/without-gpu.tsx";
import { linksOf } from "./links.ts";
import { type PageEntry, pages } from "./pages.ts";
import { repository } from "./project.ts";
import { currentPage, currentVisit, linkTo } from "./router.ts";
import { theme, toggleTheme } from "./theme.ts";

/** Takes the keyboard to the page, past the navigation or from a button that is gone. */
const enter = () => document.getElementById("main")?.focus();

export function App() {
  const entry = pages.find(({ name }) => name === currentPage.value) ?? pages[0];
  const reason = backend.value?.kind === "cpu" ? backend.value.reason : undefined;
  const visit = `${generation.value}.${currentVisit.value}`;
  return (
    <>
      <button type="button" class="button skip" onClick={enter}>
        Skip to the page
      </button>
      <Header current={entry} />
      <div class="banners">
        {lost.value && <Lost loss={lost.value} />}
        {/* After a new start too, while the worker asks again: told late, it moves the page. */}
        {(backend.value?.kind === "cpu" || !("gpu" in navigator)) && <WithoutGpu reason={reason} />}
      </div>
      <main id="main" tabIndex={-1} data-visit={visit}>
        {entry && <Lazy key={`${entry.name}.${visit}`} entry={entry} />}
      </main>
      <Footer />
    </>
  );
}

/** Says that the worker or its GPU ended, and starts them again. */
function Lost({ loss: { what, fault } }: { loss: Loss }) {
  const again = () => {
    restart();
    enter();
  };
  return (
    <Notice
      tone="error"
      title={what === "gpu" ? "The GPU stopped" : "The worker stopped"}
      details={<WhatItSaid fault={fault} who={what === "gpu" ? "library" : "browser"} />}
      action={<Button onClick={again}>Start again</Button>}
    >
      <p>
        {what === "gpu"
          ? "The browser or its driver took the GPU away, as after a long sleep or an update. Starting again opens it anew"
          : "The worker that trains for this page met an error that nobody expected. Starting again makes it anew"}{" "}
        and brings this page back to where its address says.
      </p>
    </Notice>
  );
}

/** Tells the browser, and whoever links to the page, what it is. */
function describe({ title, description }: PageEntry): void {
  document.title = `${title} · chainrule`;
  const texts = {
    "name=description": description,
    "property='og:title'": document.title,
    "property='og:description'": description,
  };
  for (const [meta, text] of Object.entries(texts))
    document.querySelector(`meta[${meta}]`)?.setAttribute("content", text);
}

/** A page out of its own chunk. */
function Lazy({ entry }: { entry: PageEntry }) {
  const [Page, setPage] = useState<FunctionComponent>();
  const [broken, setBroken] = useState(false);
  useLayoutEffect(() => describe(entry), [entry]);
  useEffect(() => {
    let wanted = true;
    entry.load().then(
      (loaded) => wanted && setPage(() => loaded.Page),
      () => wanted && setBroken(true),
    );
    return () => {
      wanted = false;
    };
  }, [entry]);
  if (broken) {
    return (
      <Notice
        tone="error"
        title="This page did not load"
        action={<Button onClick={() => location.reload()}>Reload</Button>}
      >
        <p>The site may have changed since you opened it, or the network is away. Reloading gets its newest version.</p>
      </Notice>
    );
  }
  if (!Page) return <p class="loading">Loading {entry.title} …</p>;
  return <Page />;
}

function Header({ current }: { current: PageEntry | undefined }) {
  const other = theme.value === "dark" ? "light" : "dark";
  const links = useRef<HTMLUListElement>(null);
  // On a phone they do not fit side by side. scrollIntoView would take the keyboard's Tab along.
  useEffect(() => {
    const { current: list } = links;
    const link = list?.querySelector<HTMLElement>("[aria-current]");
    if (list && link) list.scrollLeft = link.offsetLeft - list.offsetLeft - (list.clientWidth - link.clientWidth) / 2;
  }, [current]);
  /** A link to the page that is shown leaves it as it is. */
  const stay = (page: PageEntry | undefined) => (event: MouseEvent) => {
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (page === current && !elsewhere) event.preventDefault();
  };
  return (
    <header class="top">
      <a class="brand" href={linkTo("")} onClick={stay(pages[0])}>
        <img src="./icon.svg" alt="" width="26" height="26" />
        chainrule
      </a>
      <nav aria-label="Pages">
        <ul ref={links}>
          {pages.map((page) => (
            <li key={page.name}>
              <a href={linkTo(page.name)} aria-current={page === current ? "page" : undefined} onClick={stay(page)}>
                {page.title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <span class="adapter" title={adapterText()}>
        <span class={`lamp ${backend.value?.kind ?? ""}`} />
        {adapterText()}
      </span>
      <Button kind="quiet" label={`Use the ${other} theme`} onClick={toggleTheme}>
        {theme.value === "dark" ? <SunIcon /> : <MoonIcon />}
      </Button>
    </header>
  );
}

function adapterText(): string {
  const { value } = backend;
  if (!value) return "Opening the GPU …";
  if (value.kind === "cpu") return "CPU reference";
  return value.software ? `${value.name} (software)` : value.name;
}

function Footer() {
  return (
    <footer class="bottom">
      <p>
        Everything runs in this page, on your machine. Nothing is sent anywhere, and after the first visit the page
        works offline.
      </p>
      <ul aria-label="About chainrule">
        {linksOf(repository).map(({ title, href }) => (
          <li key={title}>
            {/* In a tab of its own: a training would end here. */}
            <a href={href} target="_blank" rel="noreferrer">
              {title}
            </a>
          </li>
        ))}
      </ul>
    </footer>
  );
}
