"""How the council's page looks: on a screen, and on one sheet of A4."""

STYLE = """
@page { size: A4; margin: 9mm 14mm; }
* { box-sizing: border-box; }
body { margin: 0; color: #1a1a1a; background: #fff; font: 8.8pt/1.28 "Segoe UI", "Helvetica Neue",
  Arial, "DejaVu Sans", sans-serif; }
main { max-width: 182mm; margin: 0 auto; padding: 6mm 0; }
h1 { font-size: 17pt; line-height: 1.15; margin: 0; }
h2 { font-size: 11pt; margin: 2.4mm 0 0.8mm; border-bottom: 0.3mm solid #0072b2; }
p { margin: 0 0 1mm; }
.where { font-size: 12pt; color: #0072b2; font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 3mm; margin: 2mm 0; }
.tiles div { background: #eef4f9; border-radius: 1.5mm; padding: 1.5mm 3mm; }
.tiles p { margin: 0; }
.tiles b { font-size: 16pt; }
img { display: block; width: 100%;  }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 0.25mm 1.5mm; border-bottom: 0.2mm solid #ccc;
  font-weight: 400; }
th { color: #444; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; width: 54%; }
ul { margin: 0; padding-left: 4.5mm; }
footer { margin-top: 1mm; font-size: 7pt; color: #555; }
@media print { main { padding: 0; } }
"""
