/* Initialises the blocks of the page, after their own scripts; and does in Studio what its editor does at a save. */
(function () {
    'use strict';

    window.XBlock.initializeBlocks(document);

    /* Where there is no typesetter, an unanswered formula would show its bare marks; and an empty answer its label,
       because the parser leaves a line break in it and so it does not count as empty. */
    function tidy() {
        document.querySelectorAll('.problem p.answer').forEach((answer) => {
            if (answer.firstChild && !answer.firstElementChild && !answer.textContent.trim()) { answer.replaceChildren(); }
        });
        document.querySelectorAll('.problem .equation').forEach((preview) => {
            const first = preview.firstChild;
            if (first && first.nodeType === Node.TEXT_NODE && first.data.trim() === '\\(\\)') { first.data = ''; }
        });
    }
    tidy();
    document.querySelectorAll('.dl-blocks').forEach((blocks) => {
        new MutationObserver(tidy).observe(blocks, {childList: true, subtree: true});
    });

    const note = document.getElementById('studio-note');
    const back = document.getElementById('studio-back');
    if (note && back) {
        document.addEventListener('xblock:save', (event) => {
            const {state, message} = event.detail.data || {};
            note.textContent = message || (state === 'end' ? 'Saved.' : 'Saving…');
            if (state === 'end') { window.location.assign(back.href); }
        });
        document.addEventListener('xblock:error', (event) => {
            const {title, message} = event.detail.data || {};
            note.textContent = [title, message].filter(Boolean).join(' ');
        });
        document.addEventListener('xblock:cancel', () => window.location.assign(back.href));
        document.querySelectorAll('.cancel-button').forEach((button) => {
            button.addEventListener('click', (event) => { event.preventDefault(); window.location.assign(back.href); });
        });
    }
}());
