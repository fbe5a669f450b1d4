"use strict";

const STALE_MS = 3000;
const PAUSE_MS = 1000;

const at = (id) => document.getElementById(id);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const ms = (value) => (value === undefined ? "–" : `${value.toFixed(value < 10 ? 1 : 0)} ms`);

let changed = performance.now();
let lost = "";

function row(category) {
  const line = document.createElement("li");
  const bar = document.createElement("i");
  const label = document.createElement("span");
  const score = document.createElement("b");
  bar.style.width = `${100 * category.score}%`;
  label.textContent = category.label;
  score.textContent = `${(100 * category.score).toFixed(1)} %`;
  line.append(bar, label, score);
  return line;
}

function change(event) {
  const line = document.createElement("li");
  const lasted = event.duration_ms === undefined ? "" : ` after ${(event.duration_ms / 1000).toFixed(1)} s`;
  const when = new Date(event.captured_ns / 1e6).toLocaleTimeString();
  line.textContent = `${when}  ${event.label} ${event.event}${lasted}`;
  return line;
}

function place(region, picture) {
  const box = at("region");
  box.hidden = !region;
  if (!region) return;
  // The picture is centred in its frame where that is limited in height.
  const scale = Math.min(picture.clientWidth / picture.naturalWidth, picture.clientHeight / picture.naturalHeight);
  const width = picture.naturalWidth * scale, height = picture.naturalHeight * scale;
  const left = (picture.clientWidth - width) / 2, top = (picture.clientHeight - height) / 2;
  box.style.left = `${left + region[0] * width}px`;
  box.style.top = `${top + region[1] * height}px`;
  box.style.width = `${region[2] * width}px`;
  box.style.height = `${region[3] * height}px`;
}

function show(state) {
  at("model").textContent = document.title = state.model || "edge-run";
  at("source").textContent = state.source || "";
  const timing = state.timing_ms;
  at("categories").replaceChildren(...(state.categories || []).map(row));
  at("error").hidden = !state.error;
  at("error").textContent = state.error || "";
  at("rate").textContent = state.frames_per_second ? `${state.frames_per_second} /s` : "–";
  at("latency").textContent = timing ? ms(timing.preprocess + timing.invoke + timing.postprocess) : "–";
  at("age").textContent = ms(state.age_ms);
  for (const name of ["delivered", "dropped", "failed", "reconnects"]) at(name).textContent = state.counts[name];
  const celsius = state.temperature_celsius;
  at("temperature").textContent = celsius === null ? "–" : `${celsius.toFixed(1)} °C`;
  at("events").replaceChildren(...(state.events || []).map(change).reverse());
}

function load(picture, address) {
  return new Promise((done) => {
    picture.onload = () => done(true);
    picture.onerror = () => done(false);
    picture.src = address;
  });
}

async function follow() {
  let number = -1;
  for (;;) {
    if (document.hidden) {  // nobody looks: the device need not encode
      await pause(PAUSE_MS / 4);
      continue;
    }
    try {
      const answer = await fetch(`state?after=${number}`);
      if (!answer.ok) throw new Error(answer.status === 401 ? "a token is needed" : `error ${answer.status}`);
      const state = await answer.json();
      lost = state.source_lost;
      if (state.number === undefined || state.number === number) continue;
      // A preview that was started again counts from the beginning.
      number = state.number;
      changed = performance.now();
      const picture = at("picture");
      if (state.error === undefined && (await load(picture, `picture/${number}`))) place(state.region, picture);
      show(state);
    } catch (error) {
      at("status").className = "";
      at("status").textContent = error instanceof TypeError ? "not reachable" : error.message;
      number = -1;
      changed = -Infinity;
      await pause(PAUSE_MS);
    }
  }
}

function tellStatus() {
  const silent = performance.now() - changed;
  if (silent === Infinity) return;
  at("status").className = silent < STALE_MS ? "live" : "";
  at("status").textContent = silent < STALE_MS ? "live" : `no frame for ${Math.round(silent / 1000)} s${lost && `: ${lost}`}`;
}

setInterval(tellStatus, PAUSE_MS / 2);
follow();
