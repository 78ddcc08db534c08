/* Initialises the blocks of the page, after their own scripts; and does in Studio what its editor does at a save. */
(function () {
    'use strict';

    window.XBlock.initializeBlocks(document);

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
