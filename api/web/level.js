// The level meter: the last seconds of loudness as bars, and a number for screen readers.

const BAR_PX = 4;
const GAP_PX = 4;
const EVERY_MS = 60;
const FLOOR_DB = -60;

/** Draw the analyser that `heard()` names until the returned function is called. */
export function showLevel(canvas, heard) {
  const pen = canvas.getContext("2d");
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const levels = [];
  const timer = setInterval(() => {
    const level = loudness(heard());
    canvas.setAttribute("aria-valuenow", Math.round(level * 100));
    levels.push(level);
    draw(canvas, pen, still ? [level] : levels);
  }, still ? 250 : EVERY_MS);
  return () => clearInterval(timer);
}

/** 0 for silence to 1 for full scale, in decibels between. */
function loudness(analyser) {
  const samples = new Float32Array(analyser.fftSize);
  analyser.getFloatTimeDomainData(samples);
  const power = samples.reduce((sum, value) => sum + value * value, 0) / samples.length;
  return Math.min(1, Math.max(0, 1 - (10 * Math.log10(power + 1e-12)) / FLOOR_DB));
}

function draw(canvas, pen, levels) {
  const scale = devicePixelRatio;
  const { clientWidth: width, clientHeight: height } = canvas;
  canvas.width = width * scale;
  canvas.height = height * scale;
  pen.scale(scale, scale);
  pen.fillStyle = getComputedStyle(canvas).color;
  const room = Math.floor(width / (BAR_PX + GAP_PX));
  levels.splice(0, levels.length - room);
  for (let n = 0; n < room; n++) {
    const level = levels[levels.length - room + n] ?? (levels.length === 1 ? levels[0] : 0);
    const tall = Math.max(3, level * height);
    pen.globalAlpha = 0.25 + 0.75 * (n / room);
    pen.beginPath();
    pen.roundRect(n * (BAR_PX + GAP_PX), (height - tall) / 2, BAR_PX, tall, 2);
    pen.fill();
  }
}
