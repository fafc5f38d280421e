import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

let library: string | undefined;

/** chart.js as one script, as its package ships it. */
export function chartLibrary(): string {
  library ??= readLibrary();
  return library;
}

function readLibrary(): string {
  // The package exports only its modules, which lie beside the script.
  const folder = dirname(createRequire(import.meta.url).resolve('chart.js'));
  const text = readFileSync(join(folder, 'chart.umd.min.js'), 'utf8');
  // The map is not there, and browsers would look for it.
  return inline(text.replace(/\r\n?/g, '\n').replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n'));
}

function inline(script: string): string {
  if (/<\/script|<!--/i.test(script)) throw new Error('the script would end its own element');
  return script;
}

/** What the page does beyond being read: draws the chart, copies commands, opens the entry that a link leads to. */
export const SCRIPT = inline(`'use strict';
document.documentElement.classList.add('js');

addEventListener('click', (event) => {
  const button = event.target.closest && event.target.closest('button.copy');
  if (!button) return;
  const code = button.previousElementSibling;
  const done = (text) => {
    button.textContent = text;
    setTimeout(() => (button.textContent = 'Copy'), 1500);
  };
  const select = () => {
    getSelection().selectAllChildren(code);
    done('Selected');
  };
  if (!navigator.clipboard) select();
  else navigator.clipboard.writeText(code.textContent).then(() => done('Copied'), select);
});

function openTarget() {
  const target = document.getElementById(location.hash.slice(1));
  if (target && target.matches('details')) {
    target.open = true;
    target.scrollIntoView();
  }
}
addEventListener('hashchange', openTarget);
addEventListener('click', (event) => {
  const link = event.target.closest && event.target.closest('a[href^="#cell-"]');
  if (link && link.hash === location.hash) openTarget();
});
openTarget();

const dataElement = document.getElementById('chart-data');
let chart;
function draw() {
  const rows = JSON.parse(dataElement.textContent);
  const canvas = document.getElementById('chart');
  const probe = document.createElement('span');
  canvas.parentElement.append(probe);
  const colours = rows.map((row) => {
    probe.className = row.colour;
    return getComputedStyle(probe).getPropertyValue('--plugin').trim();
  });
  probe.remove();
  const page = getComputedStyle(document.documentElement);
  const [ink, muted, line] = ['--ink', '--muted', '--line'].map((name) => page.getPropertyValue(name).trim());
  const format = (ms) => (ms < 1000 ? Math.round(ms) + ' ms' : Number((ms / 1000).toPrecision(3)) + ' s');
  const all = rows.flatMap((row) => row.percentiles);
  const wide = Math.max(...all) > 12 * Math.max(Math.min(...all), 0.001);
  Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
  Chart.defaults.color = muted;
  if (chart) chart.destroy();
  chart = new Chart(canvas, {
    type: 'bar',
    data: {
      labels: rows.map((row) => row.label),
      datasets: [
        { data: rows.map((row) => [row.percentiles[1], row.percentiles[3]]), backgroundColor: colours, barThickness: 18, minBarLength: 3 },
        { data: rows.map((row) => [row.percentiles[0], row.percentiles[4]]), backgroundColor: colours, barThickness: 4, minBarLength: 3 },
      ].map((set) => ({ ...set, grouped: false, borderSkipped: false, borderRadius: 2 })),
    },
    options: {
      indexAxis: 'y',
      animation: false,
      maintainAspectRatio: false,
      scales: {
        x: {
          type: wide ? 'logarithmic' : 'linear',
          min: wide ? Math.min(...all) * 0.8 : 0,
          grid: { color: line },
          border: { display: false },
          ticks: { callback: (value) => (wide && !/^0*[.]?0*[125]0*$/.test(String(value)) ? null : format(value)), maxRotation: 0 },
        },
        y: { grid: { display: false }, border: { color: line }, ticks: { color: ink, font: { size: 13 } } },
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          filter: (item) => item.datasetIndex === 0,
          callbacks: {
            label: (item) => {
              const [p5, p25, p50, p75, p95] = rows[item.dataIndex].percentiles.map(format);
              return ['median ' + p50, 'middle half ' + p25 + ' to ' + p75, '5% to 95%: ' + p5 + ' to ' + p95, rows[item.dataIndex].count + ' connections'];
            },
          },
        },
      },
      interaction: { mode: 'index', axis: 'y', intersect: false },
    },
    plugins: [{
      id: 'median',
      afterDatasetsDraw({ ctx, scales, getDatasetMeta }) {
        ctx.save();
        ctx.lineWidth = 2.5;
        ctx.strokeStyle = ink;
        rows.forEach((row, index) => {
          const x = scales.x.getPixelForValue(row.percentiles[2]);
          const y = scales.y.getPixelForValue(index);
          ctx.beginPath();
          ctx.moveTo(x, y - 13);
          ctx.lineTo(x, y + 13);
          ctx.stroke();
        });
        ctx.restore();
      },
    }],
  });
}
if (dataElement && window.Chart) {
  draw();
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
}
`);
