import './report.css';
import { render } from 'preact';

const root = document.getElementById('page');
if (!root) throw new Error('index.html lost its <div id="page">');
render(<main>Cartwreck</main>, root);
